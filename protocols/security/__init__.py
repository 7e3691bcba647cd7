"""Who we are, whatever is spoken: credentials in their order, refusals, tickets, discretion."""
