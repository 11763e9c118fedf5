/*
 * Makes something when it is first used. nginx evaluates all modules again for each request that runs JavaScript, and most of them need
 * only a few of the things that the modules make.
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
