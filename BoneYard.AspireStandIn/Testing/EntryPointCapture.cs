using System.Reflection;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Runs an AppHost's Main on a thread of its own, up to its call of Build, and hands the builder to a test. Main goes on
/// when the test builds, and its Run waits for the end that the test brings.
/// </summary>
internal sealed class EntryPointCapture(Assembly appHost, Action<DistributedApplicationOptions> configure)
{
    private static readonly AsyncLocal<EntryPointCapture?> s_current = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _mayBuild = new(0);
    private readonly CancellationTokenSource _abandoned = new();

    /// <summary>null outside the thread of a captured Main.</summary>
    public static EntryPointCapture? Current => s_current.Value;

    public Task<DistributedApplicationBuilder> RunToBuildAsync(string[] args, CancellationToken cancellationToken)
    {
        var main = appHost.EntryPoint ?? throw new InvalidOperationException($"Assembly '{appHost.GetName().Name}' has no entry point. Name an AppHost project.");
        var thread = new Thread(() => Run(main, args)) { IsBackground = true, Name = $"{appHost.GetName().Name} Main" };
        thread.Start();
        return _builder.Task.WaitAsync(cancellationToken);
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.Release();
        return _application.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The test looked at the graph and goes: lets Main end where it waits.</summary>
    public void Abandon() => _abandoned.Cancel();

    public IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        configure(options);
        return new CapturedBuilder(options, appHost, this);
    }

    public void Built(DistributedApplication application) => _application.TrySetResult(application);

    private void Run(MethodInfo main, string[] args)
    {
        s_current.Value = this;

        try
        {
            var result = main.Invoke(null, main.GetParameters().Length == 0 ? [] : [args]);
            (result as Task)?.GetAwaiter().GetResult();
            Fail(new InvalidOperationException("The entry point ended without building an application."));
        }
        catch (TargetInvocationException exception)
        {
            Fail(exception.InnerException ?? exception);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void Fail(Exception exception)
    {
        _builder.TrySetException(exception);
        _application.TrySetException(exception);
    }

    private sealed class CapturedBuilder(DistributedApplicationOptions options, Assembly appHost, EntryPointCapture capture)
        : DistributedApplicationBuilder(options, appHost)
    {
        public override DistributedApplication Build()
        {
            capture._builder.TrySetResult(this);
            capture._mayBuild.Wait(capture._abandoned.Token);
            return base.Build();
        }
    }
}
