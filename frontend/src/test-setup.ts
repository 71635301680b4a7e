// jsdom has no layout, so it scrolls nowhere.
window.scrollTo = () => undefined;
