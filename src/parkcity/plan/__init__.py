"""The plan as a living ledger: what was promised, what was reached, what comes next and what is at risk."""
