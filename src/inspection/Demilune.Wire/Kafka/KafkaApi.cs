namespace Demilune.Wire.Kafka;

/// <summary>Requests of Kafka's protocol by their keys.</summary>
public static class KafkaApi
{
    public const short Produce = 0, Fetch = 1, Metadata = 3, CreateTopics = 19, DeleteTopics = 20;

    private static readonly string[] s_names =
    [
        "Produce", "Fetch", "ListOffsets", "Metadata", "LeaderAndIsr", "StopReplica", "UpdateMetadata", "ControlledShutdown", "OffsetCommit", "OffsetFetch", "FindCoordinator",
        "JoinGroup", "Heartbeat", "LeaveGroup", "SyncGroup", "DescribeGroups", "ListGroups", "SaslHandshake", "ApiVersions", "CreateTopics", "DeleteTopics", "DeleteRecords",
        "InitProducerId", "OffsetForLeaderEpoch", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn", "WriteTxnMarkers", "TxnOffsetCommit", "DescribeAcls", "CreateAcls",
        "DeleteAcls", "DescribeConfigs", "AlterConfigs", "AlterReplicaLogDirs", "DescribeLogDirs", "SaslAuthenticate", "CreatePartitions", "CreateDelegationToken",
        "RenewDelegationToken", "ExpireDelegationToken", "DescribeDelegationToken", "DeleteGroups", "ElectLeaders", "IncrementalAlterConfigs", "AlterPartitionReassignments",
        "ListPartitionReassignments", "OffsetDelete", "DescribeClientQuotas", "AlterClientQuotas", "DescribeUserScramCredentials", "AlterUserScramCredentials", "Vote",
        "BeginQuorumEpoch", "EndQuorumEpoch", "DescribeQuorum", "AlterPartition", "UpdateFeatures", "Envelope", "FetchSnapshot", "DescribeCluster", "DescribeProducers",
        "BrokerRegistration", "BrokerHeartbeat", "UnregisterBroker", "DescribeTransactions", "ListTransactions", "AllocateProducerIds", "ConsumerGroupHeartbeat",
        "ConsumerGroupDescribe", "ControllerRegistration", "GetTelemetrySubscriptions", "PushTelemetry", "AssignReplicasToDirs", "ListClientMetricsResources",
        "DescribeTopicPartitions",
    ];

    /// <summary>"Unknown" for a key without a meaning.</summary>
    public static string NameOf(short key) => key >= 0 && key < s_names.Length ? s_names[key] : "Unknown";

    /// <summary>From which version on lengths are written short and fields may be added (KIP-482); of those that are read here.</summary>
    public static bool IsFlexible(short key, short version) => version >= key switch { Produce => 9, Fetch => 12, Metadata => 9, CreateTopics => 5, DeleteTopics => 4, _ => short.MaxValue };
}
