import { router } from '../../router/router.svelte';

/** Follows a link within a drawing, which the router takes for none of its own. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.currentTarget;
  const href = link instanceof Element ? link.getAttribute('href') : null;
  if (href === null) return;
  event.preventDefault();
  router.go(href, { state: router.state });
}
