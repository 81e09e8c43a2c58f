// Calls the echo service with @grpc/grpc-js, and prints one line for each thing that was seen.
const grpc = require('@grpc/grpc-js');
const bytes = (value) => value;
const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());

const unary = (method, message, options = {}) => new Promise((resolve) =>
  client.makeUnaryRequest(method, bytes, bytes, message, new grpc.Metadata(), options,
    (error, reply) => resolve(error ?? reply)));
const text = (value) => Buffer.concat([Buffer.from([0x0a, value.length]), Buffer.from(value)]);

async function main() {
  console.log('unary', text('price').equals(await unary('/exchange.test.Echo/Say', text('price'))));

  const streamed = await new Promise((resolve) => {
    let count = 0;
    const call = client.makeServerStreamRequest(
      '/exchange.test.Echo/Repeat', bytes, bytes, Buffer.concat([text('x'), Buffer.from([0x10, 100])]));
    call.on('data', () => count++);
    call.on('end', () => resolve(count));
  });
  console.log('stream', streamed);

  const talked = await new Promise((resolve) => {
    const seen = [];
    const call = client.makeBidiStreamRequest('/exchange.test.Echo/Talk', bytes, bytes);
    call.on('data', (reply) => {
      seen.push(reply.toString('hex'));
      if (seen.length === 2) call.end();
    });
    call.on('end', () => resolve(seen.join(' ')));
    call.write(text('a'));
    call.write(text('b'));
  });
  console.log('talk', talked);

  const failed = await unary('/exchange.test.Echo/Fail', Buffer.concat([text('no'), Buffer.from([0x10, 9])]));
  console.log('fail', failed.code, failed.details, failed.metadata.get('leader-hint')[0]);
  const late = await unary('/exchange.test.Echo/Wait', Buffer.alloc(0), { deadline: Date.now() + 50 });
  console.log('deadline', late.code);
  const unknown = await unary('/exchange.test.Echo/Nothing', Buffer.alloc(0));
  console.log('unknown', unknown.code);
  const health = await unary('/grpc.health.v1.Health/Check', Buffer.alloc(0));
  console.log('health', health.toString('hex'));
  client.close();
}

main();
