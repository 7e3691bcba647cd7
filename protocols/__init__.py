"""Protocol handlers of the Management Infrastructure client, and the wires they speak."""
