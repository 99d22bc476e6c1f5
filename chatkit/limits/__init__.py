"""What one client may take, and under which names a server may be asked for."""
