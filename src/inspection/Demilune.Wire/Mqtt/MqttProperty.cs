namespace Demilune.Wire.Mqtt;

/// <summary>A part of a packet.</summary>
/// <param name="Length">-1: it is not there.</param>
public readonly record struct MqttField(int Start, int Length)
{
    public static MqttField Absent { get; } = new(0, -1);

    public bool IsPresent => Length >= 0;
}

/// <summary>A property of MQTT 5 (§2.2.2.2).</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="Number">Its value, if it is a number.</param>
/// <param name="Text">Its value, if it is text or bytes.</param>
/// <param name="Key">The name of a user property.</param>
public readonly record struct MqttProperty(int Id, uint Number, MqttField Text, MqttField Key)
{
    public const int UserProperty = 38;

    public bool IsNumber => !Text.IsPresent;
}
