// The sign of the product: a pawl on the tooth of its ratchet.

export function Mark({ size = 26 }: { size?: number }) {
  return <img src="/icon.svg" width={size} height={size} alt="" />;
}
