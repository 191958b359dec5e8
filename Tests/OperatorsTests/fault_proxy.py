"""A proxy in front of an S3 server that makes trouble as told.

fault_proxy.py UPSTREAM_PORT RULE…   where a rule is JSON: {"when": regex on "METHOD path?query", "times": n, "do": action}
Actions: "slowdown" (503), "error:STATUS:CODE", "reset" (before an answer), "late-reset" (after half of the answer), "stall",
"corrupt" (flips a byte of the answer's body), "corrupt-request" (flips a byte of the request's body), "lie" (another ETag),
"hold" (says so, and waits for the client to go).
Prints "port N" and a line for each request.
"""
import http.client
import http.server
import json
import re
import socket
import socketserver
import struct
import sys
import threading

upstream = int(sys.argv[1])
rules = [json.loads(text) for text in sys.argv[2:]]
lock = threading.Lock()


def action(what):
    with lock:
        for rule in rules:
            if rule.get("times", 1) > 0 and re.search(rule["when"], what):
                rule["times"] = rule.get("times", 1) - 1
                return rule["do"]
    return ""


def say(*words):
    """Prints a line in one write: print writes word by word, and threads would mix their lines."""
    with lock:
        sys.stdout.write(" ".join(words) + "\n")
        sys.stdout.flush()


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one write: no waiting for acknowledgements.
    wbufsize = -1

    def log_message(self, *arguments):
        pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def plain(self, status, data):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        what = f"{self.command} {self.path}"
        do = action(what)
        say("request", do or "pass", what)
        if do == "hold":
            while self.connection.recv(1 << 16):
                pass
            self.close_connection = True
            return
        if do == "reset":
            return self.reset()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if do == "slowdown":
            return self.plain(503, b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
        if do.startswith("error:"):
            _, status, code = do.split(":")
            return self.plain(int(status), f"<Error><Code>{code}</Code><Message>told to</Message></Error>".encode())
        if do == "corrupt-request":
            body = body[:-1] + bytes([body[-1] ^ 1])
        server = http.client.HTTPConnection("127.0.0.1", upstream)
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            server.putheader(name, value)
        server.endheaders(body)
        answer = server.getresponse()
        data = answer.read()
        server.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in ("transfer-encoding", "connection", "content-length", "date", "server"):
                continue
            if do == "lie" and name.lower() == "etag":
                value = '"' + "0" * 32 + '"'
            self.send_header(name, value)
        length = answer.getheader("Content-Length") or 0 if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if do == "corrupt":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if do in ("late-reset", "stall"):
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            if do == "stall":
                self.connection.recv(1)
                self.close_connection = True
                return
            return self.reset()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()
        say("done", do or "pass", what)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Proxy)
say("port", str(server.server_port))
server.serve_forever()
