// What a script waits for in vain ends the script, and with it the test.

setTimeout(() => {
  console.error("what the script waits for does not come");
  process.exit(1);
}, 60_000).unref();
