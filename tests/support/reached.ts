/** A program of Python that tries to connect to addresses and ports, all at once, and prints those that answer. Both are JSON. */
export const REACHED = `
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def reaches(place):
    try:
        socket.create_connection(place, 1.5).close()
        return True
    except OSError:
        return False
places = [tuple(each) for each in json.load(sys.stdin)]
with ThreadPoolExecutor(100) as pool:
    print(json.dumps([place for place, found in zip(places, pool.map(reaches, places)) if found]))
`;
