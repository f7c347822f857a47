"""What the contract checks catch, at what price, beside Schemathesis's own command."""
