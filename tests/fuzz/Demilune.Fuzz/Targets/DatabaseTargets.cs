using Demilune.Wire;
using Demilune.Wire.Kafka;
using Demilune.Wire.Ldap;
using Demilune.Wire.MongoDb;

namespace Demilune.Fuzz.Targets;

/// <summary>LDAP, Kafka, MongoDB: nothing may throw, every field lies within its message, and how the stream is cut changes nothing.</summary>
internal static class DatabaseTargets
{
    public static FuzzTarget Ldap { get; } = new("ldap", "one direction of an LDAP connection", bytes =>
    {
        LdapDetection.OfClient(bytes);
        LdapDetection.OfServer(bytes);
        Same(bytes, ReadLdap);
    });

    public static FuzzTarget Kafka { get; } = new("kafka", "a Kafka client's requests", bytes =>
    {
        KafkaDetection.OfClient(bytes);
        Same(bytes, ReadKafka);
    });

    public static FuzzTarget Mongo { get; } = new("mongodb", "one direction of a MongoDB connection", bytes =>
    {
        MongoDetection.OfClient(bytes);
        MongoDetection.OfServer(bytes);
        Same(bytes, ReadMongo);
    });

    private delegate int Read(ReadOnlySpan<byte> bytes, int piece);

    private static void Same(byte[] bytes, Read read)
    {
        if (read(bytes, Math.Max(1, bytes.Length)) != read(bytes, 1)) throw new InvalidOperationException("cutting the stream changed what was read");
    }

    private static int ReadLdap(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, message, hash) = (new LdapReader(), new LdapMessage(), new HashCode());
        var all = bytes;
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var found, out var isCut))
            {
                hash.Add(isCut);
                hash.Add(message.TryRead(found, isCut));
                hash.Add(message.Operation);
                hash.AddBytes(message.Name);
                hash.AddBytes(message.Text);
                hash.AddBytes(message.Controls);
                for (var i = 0; i < message.TypeCount; i++) hash.AddBytes(message.Type(i));
                for (var i = 0; i < message.ValueCount; i++) hash.AddBytes(message.Pair(i));
            }
        }
        if (message.TryRead(all, isCut: true)) hash.AddBytes(message.Name);
        return hash.ToHashCode();
    }

    private static int ReadKafka(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, request, hash) = (new HeadedReader(4, static header => header[0] == 0 ? (header[2] << 8 | header[3]) + 4 : -1, 4096), new KafkaRequest(), new HashCode());
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var found))
            {
                found = found[4..];
                if (!request.TryRead(found)) continue;
                hash.Add((request.Key, request.Version, request.Correlation));
                hash.AddBytes(request.Client(found));
                for (var i = 0; i < request.TopicCount; i++) hash.AddBytes(request.Topic(found, i));
            }
        }
        return hash.ToHashCode();
    }

    private static int ReadMongo(ReadOnlySpan<byte> bytes, int piece)
    {
        const int limit = 1 << 16;
        var (reader, inflater, message, hash) = (new HeadedReader(MongoHeader.Length, MongoHeader.SizeOf, limit), new MongoInflater(), new MongoMessage(), new HashCode());
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var found))
            {
                var (operation, body) = (MongoHeader.Read(found).Operation, found[MongoHeader.Length..].ToArray());
                if (operation == MongoOperation.Compressed)
                {
                    hash.Add(inflater.TryRead(body, limit));
                    (operation, body) = (inflater.Operation, inflater.Message.ToArray());
                    if (body.Length > limit) throw new InvalidOperationException($"{body.Length} bytes came out");
                }
                hash.Add(message.TryRead(operation, body));
                hash.AddBytes(message.Command(body));
                hash.AddBytes(message.Collection(body));
                hash.AddBytes(message.Database(body));
                hash.AddBytes(message.Error(body));
                for (var i = 0; i < message.KeyCount; i++) hash.AddBytes(message.Key(body, i));
                for (var i = 0; i < message.DocumentCount; i++) hash.AddBytes(message.Document(body, i));
            }
        }
        return hash.ToHashCode();
    }
}
