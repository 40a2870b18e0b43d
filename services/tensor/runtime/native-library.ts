// Opens shared libraries for the life of the process.

import koffi, { type LibraryHandle } from 'koffi';

/** koffi unloads a library when its handle is collected, though pointers into it are still in use: the handles must stay reachable. */
const open = new Map<string, LibraryHandle>();

/** @param name a path, or a name that the system's loader finds. @throws Error with the loader's words */
export function openLibrary(name: string): LibraryHandle {
  const library = open.get(name) ?? koffi.load(name);
  open.set(name, library);
  return library;
}
