"""Calls the echo service with grpcio, and prints one line for each thing that was seen."""
import sys

import grpc

target = sys.argv[1]


def field(text, number):
    """EchoMessage by hand: field 1 is the text, field 2 the number."""
    data = text.encode()
    out = b""
    if data:
        out += b"\x0a" + varint(len(data)) + data
    if number:
        out += b"\x10" + varint(number)
    return out


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


channel = grpc.insecure_channel(target)
say = channel.unary_unary("/exchange.test.Echo/Say")
repeat = channel.unary_stream("/exchange.test.Echo/Repeat")
join = channel.stream_unary("/exchange.test.Echo/Join")
talk = channel.stream_stream("/exchange.test.Echo/Talk")
fail = channel.unary_unary("/exchange.test.Echo/Fail")
wait = channel.unary_unary("/exchange.test.Echo/Wait")
check = channel.unary_unary("/grpc.health.v1.Health/Check")
reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")

print("unary", say(field("price", 7)) == field("price", 7))
print("large", len(say(field("x" * 1_000_000, 0))))
print("stream", len(list(repeat(field("x", 1000)))))
print("join", join(iter([field("a", 0), field("b", 0)])) == field("ab", 2))
print("talk", [bytes(m) for m in talk(iter([field("a", 1), field("b", 2)]))] == [field("a", 1), field("b", 2)])
for code in range(1, 17):
    try:
        fail(field("because " + str(code), code))
        print("fail", code, "no error")
    except grpc.RpcError as error:
        hint = dict(error.trailing_metadata()).get("leader-hint")
        print("fail", error.code().value[0], error.code().name, error.details(), hint)
try:
    wait(field("", 0), timeout=0.05)
except grpc.RpcError as error:
    print("deadline", error.code().name)
try:
    say(field("x" * 1_100_000, 0))
except grpc.RpcError as error:
    print("too large", error.code().name)
try:
    channel.unary_unary("/exchange.test.Echo/Nothing")(b"")
except grpc.RpcError as error:
    print("unknown", error.code().name)
print("health", check(b"").hex())
print("reflection", b"exchange.test.Echo" in next(iter(reflect(iter([b"\x3a\x00"])))))
