/** nginx's JavaScript modules of sessions and keys, under Node. They have no types. */
// biome-ignore lint/suspicious/noExplicitAny: the modules are JavaScript for njs.
export async function sessionModule(name: string): Promise<(...args: unknown[]) => any> {
  const file = new URL(`../../files/services/nginx/session/${name}.js`, import.meta.url);
  return (await import(file.href)).default;
}
