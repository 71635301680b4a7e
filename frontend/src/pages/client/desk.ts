import { connection } from '../../graphql/connection.svelte';
import { moneyTransfer } from '../../graphql/operations';
import { Desk } from '../../transfer/desk.svelte';
import { argumentsOf } from '../../transfer/intent';
import { keepIn } from '../../transfer/keep';

/** The desk of this tab. */
export const desk = new Desk({
  keep: keepIn(() => sessionStorage),
  ask: async (intent) => (await connection.ask(moneyTransfer, argumentsOf(intent))).money_transfer,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
