export default () => globalThis.followGraph?.stop()
