using System.Buffers;
using System.Text.Json;

namespace Demilune.Neutron.Keystone;

/// <summary>The body of POST /v3/auth/tokens.</summary>
internal static class LoginBody
{
    public static byte[] Of(Credentials credentials)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("auth");
            json.WriteStartObject("identity");
            switch (credentials)
            {
                case Credentials.Password password:
                    Method(json, "password");
                    json.WriteStartObject("password");
                    json.WriteStartObject("user");
                    Identify(json, password.User);
                    json.WriteString("password", password.Secret);
                    json.WriteEndObject();
                    json.WriteEndObject();
                    json.WriteEndObject();
                    json.WriteStartObject("scope");
                    json.WriteStartObject("project");
                    Identify(json, password.Project);
                    json.WriteEndObject();
                    json.WriteEndObject();
                    break;
                case Credentials.ApplicationCredential application:
                    // It belongs to one project: a scope besides is refused.
                    Method(json, "application_credential");
                    json.WriteStartObject("application_credential");
                    json.WriteString(application.User is null ? "id" : "name", application.Credential);
                    json.WriteString("secret", application.Secret);
                    if (application.User is { } user)
                    {
                        json.WriteStartObject("user");
                        Identify(json, user);
                        json.WriteEndObject();
                    }
                    json.WriteEndObject();
                    json.WriteEndObject();
                    break;
                default:
                    throw new ArgumentException($"{credentials.GetType().Name} is no way to log in", nameof(credentials));
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Method(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray("methods");
        json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void Identify(Utf8JsonWriter json, DomainObject one)
    {
        if (one.Id is not null)
        {
            json.WriteString("id", one.Id);
            return;
        }
        json.WriteString("name", one.Name);
        json.WriteStartObject("domain");
        if (one.DomainName is not null) json.WriteString("name", one.DomainName);
        else json.WriteString("id", one.DomainId ?? "default");
        json.WriteEndObject();
    }
}
