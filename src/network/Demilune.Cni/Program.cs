using Demilune.Cni;

return Plugin.Run(Environment.GetEnvironmentVariable, Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error);
