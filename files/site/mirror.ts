/** The reference of an image in a mirror, which holds each under its full name: mirror.example.com/quay.io/jupyter/scipy-notebook. */
export const throughMirror = (mirror: string | undefined, reference: string): string =>
  mirror ? `${mirror}/${reference}` : reference;
