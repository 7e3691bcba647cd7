"""WS-Management: messages and conversations, the client's side and the server's, without I/O."""
