/*
 * Makes something when it is first used. nginx evaluates all modules anew for each request that has a session, and most of these
 * need little of them.
 */

/** @param make Makes the thing. Returns a function that returns it. */
function lazily(make) {
  let made;
  return () => {
    if (made === undefined) made = make();
    return made;
  };
}

export default lazily;
