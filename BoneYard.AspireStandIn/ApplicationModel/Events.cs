using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Eventing
{
    using ApplicationModel;

    public interface IDistributedApplicationEvent;

    public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
    {
        IResource Resource { get; }
    }

    public enum EventDispatchBehavior
    {
        BlockingSequential,
        BlockingConcurrent,
        NonBlockingSequential,
        NonBlockingConcurrent,
    }

    public class DistributedApplicationEventSubscription(Func<IDistributedApplicationEvent, CancellationToken, Task> callback)
    {
        public Func<IDistributedApplicationEvent, CancellationToken, Task> Callback { get; } = callback;
    }

    public interface IDistributedApplicationEventing
    {
        DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationEvent;

        DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationResourceEvent;

        void Unsubscribe(DistributedApplicationEventSubscription subscription);

        Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent;

        Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent;
    }

    public class DistributedApplicationEventing : IDistributedApplicationEventing
    {
        private readonly Lock _lock = new();
        private readonly List<(Type Event, DistributedApplicationEventSubscription Subscription)> _subscriptions = [];

        public DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationEvent
        {
            var subscription = new DistributedApplicationEventSubscription((@event, cancellationToken) => callback((T)@event, cancellationToken));

            lock (_lock)
            {
                _subscriptions.Add((typeof(T), subscription));
            }

            return subscription;
        }

        public DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationResourceEvent =>
            Subscribe<T>((@event, cancellationToken) => @event.Resource == resource ? callback(@event, cancellationToken) : Task.CompletedTask);

        public void Unsubscribe(DistributedApplicationEventSubscription subscription)
        {
            lock (_lock)
            {
                _subscriptions.RemoveAll(entry => entry.Subscription == subscription);
            }
        }

        public Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent =>
            PublishAsync(@event, EventDispatchBehavior.BlockingSequential, cancellationToken);

        public Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent
        {
            DistributedApplicationEventSubscription[] subscribers;

            lock (_lock)
            {
                subscribers = [.. _subscriptions.Where(entry => entry.Event == typeof(T)).Select(entry => entry.Subscription)];
            }

            switch (dispatchBehavior)
            {
                case EventDispatchBehavior.BlockingConcurrent:
                    return Task.WhenAll(subscribers.Select(subscriber => subscriber.Callback(@event, cancellationToken)));
                case EventDispatchBehavior.NonBlockingConcurrent:
                    _ = Task.Run(() => Task.WhenAll(subscribers.Select(subscriber => subscriber.Callback(@event, cancellationToken))), cancellationToken);
                    return Task.CompletedTask;
                case EventDispatchBehavior.NonBlockingSequential:
                    _ = Task.Run(() => InSequence(subscribers), cancellationToken);
                    return Task.CompletedTask;
                default:
                    return InSequence(subscribers);
            }

            async Task InSequence(IEnumerable<DistributedApplicationEventSubscription> all)
            {
                foreach (var subscriber in all)
                {
                    await subscriber.Callback(@event, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    public class BeforeStartEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
    {
        public IServiceProvider Services { get; } = services;

        public DistributedApplicationModel Model { get; } = model;
    }

    public class AfterResourcesCreatedEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
    {
        public IServiceProvider Services { get; } = services;

        public DistributedApplicationModel Model { get; } = model;
    }

    public class InitializeResourceEvent(
        IResource resource,
        IDistributedApplicationEventing distributedApplicationEventing,
        ResourceLoggerService resourceLoggerService,
        ResourceNotificationService resourceNotificationService,
        IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;

        public IDistributedApplicationEventing Eventing { get; } = distributedApplicationEventing;

        public ILogger Logger { get; } = resourceLoggerService.GetLogger(resource);

        public ResourceNotificationService Notifications { get; } = resourceNotificationService;

        public IServiceProvider Services { get; } = services;
    }

    public class ResourceEndpointsAllocatedEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;

        public IServiceProvider Services { get; } = services;
    }

    public class ConnectionStringAvailableEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;

        public IServiceProvider Services { get; } = services;
    }

    /// <summary>Awaited before a resource starts; what "wait for" waits in, too.</summary>
    public class BeforeResourceStartedEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;

        public IServiceProvider Services { get; } = services;
    }

    /// <summary>Published once for each start, when a resource is first healthy.</summary>
    public class ResourceReadyEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;

        public IServiceProvider Services { get; } = services;
    }

    public class ResourceStoppedEvent(IResource resource, IServiceProvider services, ResourceEvent resourceEvent) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;

        public IServiceProvider Services { get; } = services;

        public ResourceEvent ResourceEvent { get; } = resourceEvent;
    }
}

namespace Aspire.Hosting
{
    using ApplicationModel;

    public static class DistributedApplicationEventingExtensions
    {
        public static T OnBeforeStart<T>(this T builder, Func<BeforeStartEvent, CancellationToken, Task> callback) where T : IDistributedApplicationBuilder
        {
            builder.Eventing.Subscribe(callback);
            return builder;
        }

        public static IResourceBuilder<T> OnInitializeResource<T>(this IResourceBuilder<T> builder, Func<T, InitializeResourceEvent, CancellationToken, Task> callback) where T : IResource =>
            builder.On(callback);

        public static IResourceBuilder<T> OnResourceEndpointsAllocated<T>(this IResourceBuilder<T> builder, Func<T, ResourceEndpointsAllocatedEvent, CancellationToken, Task> callback) where T : IResourceWithEndpoints =>
            builder.On(callback);

        public static IResourceBuilder<T> OnConnectionStringAvailable<T>(this IResourceBuilder<T> builder, Func<T, ConnectionStringAvailableEvent, CancellationToken, Task> callback) where T : IResourceWithConnectionString =>
            builder.On(callback);

        public static IResourceBuilder<T> OnBeforeResourceStarted<T>(this IResourceBuilder<T> builder, Func<T, BeforeResourceStartedEvent, CancellationToken, Task> callback) where T : IResource =>
            builder.On(callback);

        public static IResourceBuilder<T> OnResourceReady<T>(this IResourceBuilder<T> builder, Func<T, ResourceReadyEvent, CancellationToken, Task> callback) where T : IResource =>
            builder.On(callback);

        public static IResourceBuilder<T> OnResourceStopped<T>(this IResourceBuilder<T> builder, Func<T, ResourceStoppedEvent, CancellationToken, Task> callback) where T : IResource =>
            builder.On(callback);

        private static IResourceBuilder<T> On<T, TEvent>(this IResourceBuilder<T> builder, Func<T, TEvent, CancellationToken, Task> callback)
            where T : IResource
            where TEvent : IDistributedApplicationResourceEvent
        {
            var resource = builder.Resource;
            builder.ApplicationBuilder.Eventing.Subscribe<TEvent>(resource, (@event, cancellationToken) => callback(resource, @event, cancellationToken));
            return builder;
        }
    }
}
