// Where standing exports go. Directory and bucket are the deployment's; a connection is the tenant's own.
export type ExportDestination =
  | { type: 'directory' }
  | { type: 's3' }
  | { type: 'http'; connection_id: string; path: string };

/** A place for whole files. Writing the same name again replaces what is there. */
export interface FileStore {
  /** @throws PawlError Unavailable `export_failed` */
  write(name: string, bytes: Uint8Array): Promise<void>;
}
