/**
 * Where pictures and files are: the paths that are served, and that links are made of. Their types keep the text, from
 * which the router reads the names of parameters.
 */

export const backgroundImagePath = <Id extends string>(id: Id) => `/media/background-images/${id}` as const;

export const modelStylePreviewPath = <Name extends string>(name: Name) =>
  `/media/model-styles/${name}/preview` as const;

/** Served behind a signed link. */
export const documentPath = <Id extends string>(id: Id) => `/media/documents/${id}` as const;

/** Served behind a signed link; the file is the id with `.csv`. */
export const textNormalizationPath = <File extends string>(file: File) =>
  `/media/text-normalization/${file}` as const;
