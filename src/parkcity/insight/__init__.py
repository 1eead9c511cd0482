"""What is true, and for whom: indicators declared once, computed from the twin, for every tier and group of residents."""
