// In watch mode every run begins with global-setup.mjs: it must not find the address of the database that ends here.
export default async () => {
  const { graph, before } = globalThis.followGraph ?? {}
  for (const [name, value] of Object.entries(before ?? {}))
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  await graph?.stop()
}
