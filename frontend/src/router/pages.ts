import type { Component } from 'svelte';
import type { PageName } from './match';

/** Fetches a page's chunk. A page takes nothing; what it shows is in the router's route and query. */
type Loader = () => Promise<{ readonly default: Component<Record<string, never>> }>;

export const loaders: Readonly<Record<PageName, Loader>> = {
  home: () => import('../pages/home/HomePage.svelte'),
  'bank-employee': () => import('../pages/bank-employee/AccountsPage.svelte'),
  account: () => import('../pages/bank-employee/AccountPage.svelte'),
  client: () => import('../pages/client/ClientPage.svelte'),
  background: () => import('../pages/background/BackgroundPage.svelte'),
  flow: () => import('../pages/flow/FlowPage.svelte'),
  'not-found': () => import('../pages/NotFoundPage.svelte'),
};
