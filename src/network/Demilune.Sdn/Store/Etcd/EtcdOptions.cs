namespace Demilune.Sdn.Store.Etcd;

/// <summary>Which etcd, and how it is spoken to.</summary>
/// <param name="Endpoints">"https://etcd-1:2379"; more than one: whichever answers.</param>
/// <param name="Prefix">Before all keys: "/demilune/CLUSTER/network/".</param>
/// <param name="AuthorityFile">PEM: who may have signed etcd's certificate. Null: whom the machine trusts.</param>
/// <param name="CertificateFile">PEM: by which we are known to it. Null: by nothing.</param>
/// <param name="KeyFile">PEM: of that certificate.</param>
public sealed record EtcdOptions(IReadOnlyList<Uri> Endpoints, string Prefix, string? AuthorityFile = null, string? CertificateFile = null, string? KeyFile = null);
