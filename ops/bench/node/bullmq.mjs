// BullMQ on PostgreSQL. Option `concurrency`.
import { Queue, Worker, createPostgresBackend } from 'bullmq';
import { DSN, OPTIONS, Tally, gate, main } from './meter.mjs';

const migrate = process.argv[2] === 'setup';
const options = { connection: { connectionString: DSN, max: 10, migrate } };
const open = async name => {
  const queue = new Queue(name, options, createPostgresBackend);
  await queue.waitUntilReady();
  return queue;
};
const working = process.argv[2] === 'work';
const queue = working ? null : await open('empty');
const add = (to, numbers, opts) => to.addBulk(numbers.map(i => ({ name: 'empty', data: { i }, opts })));
let others;

await main({
  setup: async () => {},
  one: i => queue.add('empty', { i }),
  many: numbers => add(queue, numbers),
  other: async numbers => { others ??= await open('other'); await add(others, numbers); },
  later: numbers => add(queue, numbers, { delay: 86_400_000 }),
  close: async () => { await queue.close(); await others?.close(); },
  work: async () => {
    const tally = new Tally();
    const settings = { ...options, concurrency: OPTIONS.concurrency, autorun: false };
    const worker = new Worker('empty', async job => { tally.hit(job.data.i); }, settings, createPostgresBackend);
    await worker.waitUntilReady();
    await gate();
    process.on('SIGTERM', async () => { await worker.close(); process.exit(0); });
    worker.run();
  },
});
