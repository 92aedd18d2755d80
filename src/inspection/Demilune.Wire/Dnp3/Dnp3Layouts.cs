using System.Collections.Frozen;
using static Demilune.Wire.Dnp3.Dnp3FieldKind;

namespace Demilune.Wire.Dnp3;

/// <summary>The objects that are understood (IEEE 1815 Annex A); fields by the names that Suricata gives them in EVE.</summary>
public static class Dnp3Layouts
{
    private static readonly Dnp3Field s_time = new("timestamp", Unsigned, 6);
    private static readonly Dnp3Field[] s_binary = Flags("chatter_filter", "reserved", "state");
    private static readonly Dnp3Field[] s_double = [.. Flags("chatter_filter"), new("state", Bits, 2)];
    private static readonly Dnp3Field[] s_output = Flags("reserved0", "reserved1", "state");
    private static readonly Dnp3Field[] s_analog = Flags("over_range", "reference_err", "reserved0");
    private static readonly Dnp3Field[] s_command = [new("status_code", Bits, 7), new("commanded_state", Bits, 1)];
    private static readonly Dnp3Field[] s_analogCommand = [new("status_code", Bits, 7), new("reserved0", Bits, 1)];

    /// <summary>Counters: those with a bit for discontinuity, and those without; names as they are in each place.</summary>
    private static readonly Dnp3Field[] s_counter = Flags("rollover", "discontinuity", "reserved0");
    private static readonly Dnp3Field[] s_frozen = Flags("rollover", "discontinuity", "reserved1");
    private static readonly Dnp3Field[] s_delta = Flags("rollover", "reserved0", "reserved1");
    private static readonly Dnp3Field[] s_security = Flags("reserved0", "discontinuity", "reserved1");

    private static readonly FrozenDictionary<int, Dnp3Layout> s_all = Build().ToFrozenDictionary();

    /// <summary>Null: its points cannot be read, and so nothing that follows them.</summary>
    public static Dnp3Layout? Find(byte group, byte variation) => s_all.GetValueOrDefault(group << 8 | variation);

    private static Dictionary<int, Dnp3Layout> Build()
    {
        var all = new Dictionary<int, Dnp3Layout>();
        Packed(1, 1, "state", 1);
        Add(1, 2, s_binary);
        Add(2, 1, U("state", 1));
        Add(2, 2, [.. s_binary, s_time]);
        Add(2, 3, [.. s_binary, U("timestamp", 2)]);
        Packed(3, 1, "state", 2);
        Add(3, 2, s_double);
        Add(4, 1, s_double);
        Add(4, 2, [.. s_double, s_time]);
        Add(4, 3, [.. s_double, U("relative_time_ms", 2)]);
        Packed(10, 1, "state", 1);
        Add(10, 2, s_output);
        Add(11, 1, s_output);
        Add(11, 2, [.. s_output, s_time]);
        foreach (var variation in (int[])[1, 2])
            Add(12, variation, new("op_type", Bits, 4), new("qu", Bits, 1), new("cr", Bits, 1), new("tcc", Bits, 2), U("count", 1), U("ontime", 4), U("offtime", 4),
                new("status_code", Bits, 7), new("reserved", Bits, 1));
        Packed(12, 3, "point", 1);
        Add(13, 1, s_command);
        Add(13, 2, [.. s_command, s_time]);
        Counters();
        Analogs();
        Add(34, 1, U("deadband_value", 2));
        Add(34, 2, U("deadband_value", 4));
        Add(34, 3, F("deadband_value", 4));
        for (var variation = 1; variation <= 4; variation++)
        {
            Add(40, variation, [.. s_analog, Value("value", variation)]);
            Add(41, variation, Value("value", variation), U("control_status", 1));
        }
        Add(50, 1, s_time);
        Add(50, 2, s_time, U("interval", 4));
        Add(50, 3, s_time);
        Add(50, 4, s_time, U("interval_count", 4), U("interval_units", 1));
        Add(51, 1, s_time);
        Add(51, 2, s_time);
        Add(52, 1, U("delay_secs", 2));
        Add(52, 2, U("delay_ms", 2));
        Files();
        Packed(80, 1, "state", 1);
        Add(81, 1, new("fill_percentage", Bits, 7), new("overflow_state", Bits, 1), U("group", 1), U("variation", 1));
        Add(83, 1, new("vendor_code", Text4), U("object_id", 2), U("length", 2), new("data_objects", Bytes, LengthAt: 2));
        Add(86, 2, [.. ((string[])["rd", "wr", "st", "ev", "df", "padding0", "padding1", "padding2"]).Select(name => new Dnp3Field(name, Bits, 1))]);
        Add(102, 1, U("value", 1));
        Authentication();
        Add(121, 1, [.. s_security, U("association_id", 2), U("count_value", 4)]);
        Add(122, 1, [.. s_security, U("association_id", 2), U("count_value", 4)]);
        Add(122, 2, [.. s_security, U("association_id", 2), U("count_value", 4), s_time]);
        return all;

        void Add(int group, int variation, params Dnp3Field[] fields) => all[group << 8 | variation] = new(fields);

        void Sized(int group, int variation, params Dnp3Field[] fields) => all[group << 8 | variation] = new(fields, NeedsSize: true);

        void Packed(int group, int variation, string name, int width) => all[group << 8 | variation] = new([new(name, Bits, width)], IsPacked: true);

        void Counters()
        {
            // 20 and 21 now, 22 and 23 as events: of four bytes and of two in turn.
            for (var variation = 1; variation <= 8; variation++)
            {
                var count = U("count", variation % 2 == 1 ? 4 : 2);
                var now = variation <= 2 ? s_counter : s_delta;
                Add(20, variation, variation <= 4 ? [.. now, count] : [count]);
                Add(21, variation, variation <= 4 ? [.. now, count] : [.. variation <= 6 ? s_frozen : s_delta, count, s_time]);
                Dnp3Field[] time = variation <= 4 ? [] : [s_time];
                Add(22, variation, [.. variation is 1 or 2 or 6 ? s_counter : s_delta, count, .. time]);
                Add(23, variation, [.. variation is 1 or 5 or 6 ? s_counter : s_delta, count, .. time]);
            }
            for (var variation = 9; variation <= 12; variation++) Add(21, variation, U("count", variation % 2 == 1 ? 4 : 2));
        }

        void Analogs()
        {
            Add(30, 1, [.. s_analog, I("value", 4)]);
            Add(30, 2, [.. s_analog, I("value", 2)]);
            Add(30, 3, I("value", 4));
            Add(30, 4, I("value", 2));
            Add(30, 5, [.. s_analog, F("value", 4)]);
            Add(30, 6, [.. s_analog, F("value", 8)]);
            Add(31, 5, I("value", 4));
            Add(31, 6, I("value", 2));
            Add(31, 7, [.. s_analog, F("value", 4)]);
            Add(31, 8, [.. s_analog, F("value", 8)]);
            for (var variation = 1; variation <= 8; variation++)
            {
                // 1, 2 whole numbers, 3, 4 with a time, 5, 6 floats, 7, 8 with a time.
                var kind = (variation - 1) / 4 * 2 + (variation - 1) % 2 + 1;
                Dnp3Field[] time = (variation - 1) / 2 % 2 == 1 ? [s_time] : [];
                foreach (var group in (int[])[31, 32, 33, 42])
                    if (group != 31 || variation <= 4) Add(group, variation, [.. s_analog, Value("value", kind), .. time]);
                Add(43, variation, [.. s_analogCommand, Value("commanded_value", kind), .. time]);
            }
        }

        void Files()
        {
            Add(70, 1, U("filename_size", 2), U("filetype_code", 1), U("attribute_code", 1), U("start_record", 2), U("end_record", 2), U("file_size", 4),
                U("created_timestamp", 6), U("permission", 2), U("file_id", 4), U("owner_id", 4), U("group_id", 4), U("file_function_code", 1),
                U("status_code", 1), new("filename", Text, LengthAt: 0), U("data_size", 2), new("data", Text, LengthAt: 14));
            Add(70, 2, U("username_offset", 2), U("username_size", 2), U("password_offset", 2), U("password_size", 2), U("authentication_key", 4),
                new("username", Text, LengthAt: 1), new("password", Text, LengthAt: 3));
            Add(70, 3, U("filename_offset", 2), U("filename_size", 2), U("created", 6), U("permissions", 2), U("authentication_key", 4), U("file_size", 4),
                U("operational_mode", 2), U("maximum_block_size", 2), U("request_id", 2), new("filename", Text, LengthAt: 1));
            Sized(70, 4, U("file_handle", 4), U("file_size", 4), U("maximum_block_size", 2), U("request_id", 2), U("status_code", 1), new("optional_text", Text));
            Sized(70, 5, U("file_handle", 4), U("block_number", 4), new("file_data", Text));
            Sized(70, 6, U("file_handle", 4), U("block_number", 4), U("status_code", 1), new("optional_text", Text));
            Add(70, 7, U("filename_offset", 2), U("filename_size", 2), U("file_type", 2), U("file_size", 4), U("created_timestamp", 6), U("permissions", 2),
                U("request_id", 2), new("filename", Text, LengthAt: 1));
            Sized(70, 8, new Dnp3Field("file_specification", Text));
        }

        void Authentication()
        {
            Sized(120, 1, U("csq", 4), U("usr", 2), U("mal", 1), U("reason", 1), new("challenge_data", Bytes));
            Sized(120, 2, U("csq", 4), U("usr", 2), new("mac_value", Bytes));
            Add(120, 3, U("csq", 4), U("user_number", 2));
            Add(120, 4, U("user_number", 2));
            Sized(120, 5, U("ksq", 4), U("user_number", 2), U("key_wrap_alg", 1), U("key_status", 1), U("mal", 1), U("challenge_data_len", 2),
                new("challenge_data", Bytes, LengthAt: 5), new("mac_value", Bytes));
            Sized(120, 6, U("ksq", 3), U("usr", 2), new("wrapped_key_data", Bytes));
            Sized(120, 7, U("sequence_number", 4), U("usr", 2), U("association_id", 2), U("error_code", 1), U("time_of_error", 6), new("error_text", Text));
            Sized(120, 8, U("key_change_method", 1), U("certificate_type", 1), new("certificate", Bytes));
            Add(120, 9, new Dnp3Field("mac_value", Bytes));
            Sized(120, 10, U("key_change_method", 1), U("operation", 1), U("scs", 4), U("user_role", 2), U("user_role_expiry_interval", 2), U("username_len", 2),
                U("user_public_key_len", 2), U("certification_data_len", 2), new("username", Text, LengthAt: 5), new("user_public_key", Bytes, LengthAt: 6),
                new("certification_data", Bytes, LengthAt: 7));
            Sized(120, 11, U("key_change_method", 1), U("username_len", 2), U("master_challenge_data_len", 2), new("username", Text, LengthAt: 1),
                new("master_challenge_data", Bytes, LengthAt: 2));
            Sized(120, 12, U("ksq", 4), U("user_number", 2), U("challenge_data_len", 2), new("challenge_data", Bytes, LengthAt: 2));
            Sized(120, 13, U("ksq", 4), U("user_number", 2), U("encrypted_update_key_len", 2), new("encrypted_update_key_data", Bytes, LengthAt: 2));
            Sized(120, 14, new Dnp3Field("digital_signature", Bytes));
            Sized(120, 15, new Dnp3Field("mac", Bytes));
        }
    }

    /// <summary>The five bits that all have, then three of their own.</summary>
    private static Dnp3Field[] Flags(params string[] own) =>
        [.. ((string[])["online", "restart", "comm_lost", "remote_forced", "local_forced", .. own]).Select(name => new Dnp3Field(name, Bits, 1))];

    private static Dnp3Field U(string name, int width) => new(name, Unsigned, width);

    private static Dnp3Field I(string name, int width) => new(name, Signed, width);

    private static Dnp3Field F(string name, int width) => new(name, Float, width);

    /// <summary>The four ways to write a value: 32 and 16 bits, float and double.</summary>
    private static Dnp3Field Value(string name, int kind) => kind switch { 1 => I(name, 4), 2 => I(name, 2), 3 => F(name, 4), _ => F(name, 8) };
}
