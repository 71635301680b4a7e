/** Handlers of a button. */
interface Handlers {
  onclick(event: MouseEvent): void;
  onkeydown(event: KeyboardEvent): void;
}

/**
 * Handlers of a button that sends money: the later clicks of a double click do nothing but call `again`, and a key that is held
 * down presses once.
 */
export function pressedOnce(press: () => void, again: () => void): Handlers {
  return {
    onclick(event) {
      // The browser counts the clicks that follow each other at one place.
      if (event.detail > 1) again();
      else press();
    },
    onkeydown(event) {
      if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
    },
  };
}
