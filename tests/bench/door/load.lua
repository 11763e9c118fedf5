-- For wrk: asks the address in ADDRESS, whatever the name in the URL, and says what came of it as JSON. Times in microseconds.
function wrk.resolve()
   wrk.addrs = wrk.lookup(os.getenv("ADDRESS"), "8443")
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format(
      '\n{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"failed":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
