"""Long work: jobs in processes of their own, which outlive the worker that took them and start again after a crash."""
