"""At which rate calls are made, and what the answers say of the limit."""
