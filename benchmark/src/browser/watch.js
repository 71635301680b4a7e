// Runs once in the page. Notes when a click happens and when the amount that it leads to is in the page, by the page's own clock.
const [newestSelector, boxSelector, amountInBox] = arguments;
if (!window.openBankBenchmark) {
  const boxes = () => [...document.querySelectorAll(boxSelector)];
  const seen = new Set(boxes().map(({ id }) => id));
  /** Clicked and not seen yet, the oldest first. */
  const open = [];
  /** Those of them that a later one of the same kind was answered before: their answers are lost, or come out of order. */
  const passed = [];
  const done = new Map();
  let armed = null;
  document.addEventListener(
    'click',
    ({ timeStamp }) => {
      if (!armed) return;
      open.push({ ...armed, clicked: timeStamp });
      armed = null;
    },
    true,
  );
  const takeOldest = (interactions, amount) => {
    const index = interactions.findIndex((interaction) => interaction.amount === amount);
    return index < 0 ? undefined : interactions.splice(index, 1)[0];
  };
  const look = () => {
    const now = performance.now();
    const fresh = boxes().filter(({ id }) => !seen.has(id));
    // The newest box is the first; what came before it is looked at before it.
    for (const box of fresh.reverse()) {
      const amount = (box.querySelector(amountInBox) ?? document.querySelector(newestSelector))?.textContent.trim();
      if (!amount) continue;
      seen.add(box.id);
      const answered = takeOldest(open, amount) ?? takeOldest(passed, amount);
      if (!answered) continue;
      const { number, kind, clicked } = answered;
      for (const older of open.filter((other) => other.number < number && other.kind === kind)) {
        open.splice(open.indexOf(older), 1);
        passed.push(older);
      }
      done.set(number, { latency_ms: now - clicked, clicked_at_ms: performance.timeOrigin + clicked, box: box.id });
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  window.openBankBenchmark = {
    arm: (number, kind, amount) => (armed = { number, kind, amount }),
    /** What is known of these interactions; it is not told again. */
    take: (numbers) => {
      const told = [];
      for (const number of numbers) {
        if (!done.has(number)) continue;
        told.push({ number, ...done.get(number) });
        done.delete(number);
      }
      return told;
    },
  };
}
