"""Listens on a free port, prints it, and hands each connection to `sshd -i`."""
import os
import socket
import sys

config = sys.argv[1]
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        os.setsid()
        log = os.open(config + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for target in (0, 1):
            os.dup2(connection.fileno(), target)
        os.dup2(log, 2)
        os.execv("/usr/sbin/sshd", ["/usr/sbin/sshd", "-i", "-e", "-f", config])
    connection.close()
