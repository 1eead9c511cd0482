"""What people meet: command line, reports, maps, interfaces. It reads registries and results; it holds no formula."""
