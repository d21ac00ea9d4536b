namespace Heldar.Benchmarks.Pipeline;

/// <summary>CPU seconds of the processes that take part in emptying a queue.</summary>
internal readonly record struct DrainCpu(double Azurite, double Functions, double Postgres)
{
    public static DrainCpu operator +(DrainCpu a, DrainCpu b) => new(a.Azurite + b.Azurite, a.Functions + b.Functions, a.Postgres + b.Postgres);

    public DrainCpu Less(DrainCpu before) => new(Azurite - before.Azurite, Functions - before.Functions, Postgres - before.Postgres);
}

/// <summary>How fast a queue was emptied, over one or more fillings.</summary>
/// <param name="Messages">Messages that were taken out.</param>
/// <param name="Seconds">Time that took, without the filling.</param>
/// <param name="Cpu">What it cost; the functions are host and handler.</param>
internal readonly record struct DrainRate(long Messages, double Seconds, DrainCpu Cpu)
{
    public double PerSecond => Messages / Seconds;

    public static DrainRate operator +(DrainRate a, DrainRate b) => new(a.Messages + b.Messages, a.Seconds + b.Seconds, a.Cpu + b.Cpu);

    public override string ToString() =>
        $"{PerSecond:0} messages/s; CPU ms a message: Azurite {Cpu.Azurite / Messages * 1000:0.00}, functions {Cpu.Functions / Messages * 1000:0.00}, PostgreSQL {Cpu.Postgres / Messages * 1000:0.00}";
}
