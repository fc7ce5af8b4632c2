// graphile-worker. Option `worker`: its worker preset.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { DSN, OPTIONS, Tally, gate, main } from './meter.mjs';

const logger = new Logger(() => () => {});
const tomorrow = () => new Date(Date.now() + 86_400_000);
const utils = process.argv[2] === 'work' ? null : await makeWorkerUtils({ connectionString: DSN, logger });
const add = (numbers, identifier = 'empty', spec = {}) =>
  utils.addJobs(numbers.map(i => ({ identifier, payload: { i }, ...spec })));

await main({
  setup: () => utils.migrate(),
  one: i => utils.addJob('empty', { i }),
  many: numbers => add(numbers),
  other: numbers => add(numbers, 'other'),
  later: numbers => add(numbers, 'empty', { runAt: tomorrow() }),
  close: () => utils.release(),
  work: async () => {
    const tally = new Tally();
    await gate();
    const worker = { connectionString: DSN, logger, ...OPTIONS.worker };
    const runner = await run({
      preset: { worker }, crontab: '', taskList: { empty: async payload => { tally.hit(payload.i); } },
    });
    await runner.promise;
    process.exit(0);
  },
});
