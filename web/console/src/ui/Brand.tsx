import mark from './mark.svg';

export function Brand({ children = 'Tenantgate' }: { children?: string }) {
  return (
    <div className="brand">
      <img src={mark} alt="" width={28} height={28} />
      {children}
    </div>
  );
}
