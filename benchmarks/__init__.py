"""Speed shown beside the field's other tools, measured in the same run."""
