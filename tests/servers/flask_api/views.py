"""The operations: calls, and the agents who make them."""

from collections import deque
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from tests.servers.flask_api.access import requires

Row = dict[str, Any]  # JSON


def answer(data: object, status: int = 200) -> tuple[Response, int]:
    """Success in the same four members as an error."""
    return jsonify(success=True, message="OK", data=data, statusCode=status), status


def read_text(member: str) -> str:
    """A member of the request's body, or 400."""
    body = request.get_json()
    if not isinstance(body, dict) or not isinstance(body.get(member), str):
        abort(400, f"The body needs a member {member}, a text.")
    text: str = body[member]
    return text


def create_blueprint() -> Blueprint:
    """Version 1 of the API, with rows of its own."""
    v1 = Blueprint("v1", __name__, url_prefix="/v1")
    add_calls(v1)
    add_agents(v1)
    return v1


def add_calls(v1: Blueprint) -> None:
    """Calls: list, create, read."""
    known: list[Row] = [
        {"id": "call_001", "to": "+27115550101", "durationSeconds": 61},
        {"id": "call_002", "to": "+27215550102", "durationSeconds": 17},
    ]
    created: deque[Row] = deque(maxlen=50)  # a test may create without end

    @v1.get("/calls")
    @requires("calls:read")
    def list_calls() -> tuple[Response, int]:
        return answer([*known, *created])

    @v1.post("/calls")
    @requires("calls:write")
    def create_call() -> tuple[Response, int]:
        call = {"id": f"call_n{len(created)}", "to": read_text("to"), "durationSeconds": 0}
        created.append(call)
        return answer(call, 201)

    @v1.get("/calls/<call_id>")
    @requires("calls:read")
    def read_call(call_id: str) -> tuple[Response, int]:
        call = next((row for row in [*known, *created] if row["id"] == call_id), None)
        return answer(call) if call else abort(404, "There is no such call.")


def add_agents(v1: Blueprint) -> None:
    """Agents: list, read, rename."""
    agents: dict[int, Row] = {7: {"id": 7, "name": "Thandi"}, 8: {"id": 8, "name": "Pieter"}}

    @v1.get("/agents")
    @requires("agents:read")
    def list_agents() -> tuple[Response, int]:
        return answer(list(agents.values()))

    @v1.get("/agents/<int:agent_id>")
    @requires("agents:read")
    def read_agent(agent_id: int) -> tuple[Response, int]:
        return answer(agents[agent_id]) if agent_id in agents else abort(404, "No such agent.")

    @v1.put("/agents/<int:agent_id>")
    @requires("agents:write")
    def rename_agent(agent_id: int) -> tuple[Response, int]:
        if agent_id not in agents:
            abort(404, "No such agent.")
        agents[agent_id] = {"id": agent_id, "name": read_text("name")}
        return answer(agents[agent_id])
