// pg-boss. Option `work`: what its work() takes.
import { PgBoss } from 'pg-boss';
import { DSN, OPTIONS, Tally, gate, main } from './meter.mjs';

const working = process.argv[2] === 'work';
const boss = new PgBoss({
  connectionString: DSN, max: 10, schedule: false, supervise: working, useListenNotify: working,
});
boss.on('error', error => console.error(error));
boss.on('warning', () => {});
await boss.start();
const insert = (numbers, queue = 'empty', spec = {}) => boss.insert(queue, numbers.map(i => ({ data: { i }, ...spec })));

await main({
  setup: async () => {
    await boss.createQueue('empty', { notify: true });
    await boss.createQueue('other');
  },
  one: i => boss.send('empty', { i }),
  many: numbers => insert(numbers),
  other: numbers => insert(numbers, 'other'),
  later: numbers => insert(numbers, 'empty', { startAfter: 86_400 }),
  close: () => boss.stop({ graceful: false }),
  work: async () => {
    const tally = new Tally();
    process.on('SIGTERM', async () => { await boss.stop({ graceful: true, timeout: 3000 }); process.exit(0); });
    await gate();
    await boss.work('empty', OPTIONS.work, async jobs => { for (const job of jobs) tally.hit(job.data.i); });
  },
});
