/* The name of a person's server, with the setting `people: own`; person_servers/names.py reads it. */

/** The longest name. A folder's name has 255 bytes at most, and containers have a prefix. */
const LONGEST = 200;

/**
 * The name of a person's server: each character but a-z and 0-9 is a hyphen and two hexadecimal digits, as in `ann-40example-2ecom`.
 * Empty for nobody, for a name that would be too long, and for characters that no address here has.
 */
function serverName(person) {
  if (!/^[\x21-\x7e]*$/.test(person)) return "";
  const name = person.toLowerCase().replace(/[^a-z0-9]/g, (character) => `-${hex(character.charCodeAt(0))}`);
  return name.length > LONGEST ? "" : name;
}

const hex = (code) => `0${code.toString(16)}`.slice(-2);

export default serverName;
