// What the Node peers' scripts share; the same as meter.py beside the Python ones.
import fs from 'node:fs';
import path from 'node:path';

export const DSN = process.env.PEER_DSN;
export const OPTIONS = JSON.parse(process.env.PEER_OPTIONS ?? '{}');
const CHUNK = OPTIONS.chunk ?? 20_000;
const folder = process.env.PEER_TALLY;

export const monotonic = () => process.hrtime.bigint();
export const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
export const range = (start, end) => Array.from({ length: end - start }, (_, i) => start + i);
const report = figures => console.log(JSON.stringify(figures));

// Counts the runs of this process; the file follows every few milliseconds.
export class Tally {
  constructor() {
    this.file = fs.openSync(path.join(folder, `${process.pid}.tally`), 'w+');
    this.moments = process.env.PEER_MOMENTS ? path.join(folder, `${process.pid}.moments`) : null;
    this.lines = [];
    this.count = 0;
    this.written = -1;
    this.first = this.last = 0n;
    setInterval(() => this.write(), 4);
  }

  hit(number) {
    this.last = monotonic();
    if (this.count === 0) this.first = this.last;
    this.count += 1;
    if (this.moments) this.lines.push(`${number} ${this.last}\n`);
  }

  write() {
    if (this.count === this.written) return;
    this.written = this.count;
    const bytes = Buffer.alloc(24);
    [BigInt(this.count), this.first, this.last].forEach((value, i) => bytes.writeBigInt64LE(value, 8 * i));
    fs.writeSync(this.file, bytes, 0, 24, 0);
    if (this.lines.length) fs.appendFileSync(this.moments, this.lines.splice(0).join(''));
  }
}

export async function gate() {
  fs.writeFileSync(path.join(folder, `${process.pid}.ready`), '');
  while (!fs.existsSync(process.env.PEER_GO)) await sleep(1);
}

async function timed(count, work) {
  const start = monotonic();
  await work();
  report({ rate: count / (Number(monotonic() - start) / 1e9) });
}

async function chunks(count, enqueue) {
  for (let start = 0; start < count; start += CHUNK) await enqueue(range(start, Math.min(count, start + CHUNK)));
}

async function paced(count, milliseconds, enqueue) {
  await enqueue(-1);
  await sleep(1000);
  const start = performance.now();
  const returned = [];
  for (let number = 0; number < count; number++) {
    const pause = start + number * milliseconds - performance.now();
    if (pause > 0) await sleep(pause);
    await enqueue(number);
    returned.push([number, Number(monotonic())]);
  }
  report({ returned });
}

// peer: { setup, one(number), many(numbers), other(numbers), later(numbers), work(), close() }
export async function main(peer) {
  const [command, first, second] = process.argv.slice(2);
  switch (command) {
    case 'setup': await peer.setup(); break;
    case 'single': await timed(+first, async () => { for (const i of range(0, +first)) await peer.one(i); }); break;
    case 'bulk': await timed(+first, () => chunks(+first, peer.many)); break;
    case 'fill': await chunks(+first, peer.other); await chunks(+second, peer.later); break;
    case 'paced': await paced(+first, +second, peer.one); break;
    case 'work': await peer.work(); return;
    default: throw new Error(`no command ${command}`);
  }
  await peer.close();
  process.exit(0);
}
