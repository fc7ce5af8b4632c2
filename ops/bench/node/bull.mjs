// Bull on Redis, whose address PEER_DSN is. Option `concurrency`.
import Bull from 'bull';
import { DSN, OPTIONS, Tally, gate, main } from './meter.mjs';

const queue = new Bull('empty', DSN);
await queue.isReady();

await main({
  setup: async () => {},
  one: i => queue.add({ i }),
  many: numbers => queue.addBulk(numbers.map(i => ({ data: { i } }))),
  close: () => queue.close(),
  work: async () => {
    const tally = new Tally();
    await gate();
    process.on('SIGTERM', async () => { await queue.close(); process.exit(0); });
    queue.process(OPTIONS.concurrency, async job => { tally.hit(job.data.i); });
  },
});
