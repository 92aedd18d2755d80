using Demilune.Neutron.Keystone;

namespace Demilune.Controller.Cloud;

/// <summary>One cloud of clouds.yaml.</summary>
/// <param name="Name">As it is called there.</param>
/// <param name="Access">Null: a Neutron that asks nobody (auth_type none); <paramref name="Endpoint"/> says where.</param>
/// <param name="Endpoint">Of Neutron, where it is not the catalog's to say.</param>
/// <param name="CaFile">Certificates that may sign the cloud's, in PEM. Null: the system's.</param>
/// <param name="Verify">False: whoever answers is believed.</param>
internal sealed record CloudConfig(string Name, CloudAccess? Access, Uri? Endpoint, string? CaFile, bool Verify);
