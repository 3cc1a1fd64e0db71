/* Threads and permits: see pool.h. */
#include "runtime/pool.h"

#include <sched.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "runtime/error.h"

namespace adjoint {
namespace {

/* Some twenty microseconds: longer than the gap between two instructions of a run, far shorter than a blink. */
constexpr int kSpins = 1000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/* The coarse clock: a read of memory. */
uint64_t milliseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

/*
 * Moves the calling thread off a core, if it may run on others. Two threads that are busy can stay on one core while
 * another is idle: Linux does not look for a free one where all of them together look busy (SIS_UTIL), as two cores do
 * with one and a half threads. Then they would take turns, and two threads be as fast as one.
 */
void leave_core(int cpu) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  cpu_set_t others = allowed;
  CPU_CLR(static_cast<size_t>(cpu), &others);
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof(others), &others) != 0) return;
  sched_setaffinity(0, sizeof(allowed), &allowed);
#else
  (void)cpu;
#endif
}

/* Everything but what a fault of the thread itself raises: the JVM handles those where they occur. */
sigset_t asynchronous_signals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) sigdelset(&signals, fault);
  return signals;
}

}  // namespace

Pool::Pool(int32_t threads) : threads_(threads), permits_(threads) {
  workers_.reserve(static_cast<size_t>(threads - 1));
  const sigset_t blocked = asynchronous_signals();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  int problem = 0;
  for (int32_t i = 1; i < threads && problem == 0; ++i) {
    pthread_t thread;
    problem = pthread_create(&thread, nullptr, work_forever, this);
    if (problem == 0) workers_.push_back(thread);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (problem != 0) {
    const size_t started = workers_.size() + 1;
    stop();
    fail(ADJ_OUT_OF_MEMORY, "started %zu of %d threads: %s", started, threads, std::strerror(problem));
  }
}

Pool::~Pool() { stop(); }

void Pool::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  published_.fetch_add(1);
  wake_.notify_all();
  for (const pthread_t thread : workers_) pthread_join(thread, nullptr);
  workers_.clear();
}

void Pool::enter() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (permits_.load(std::memory_order_relaxed) > 0 && waiting_.empty()) {
    permits_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  Waiting self;
  waiting_.push_back(&self);
  while (!self.has_permit) self.granted.wait(lock);
}

void Pool::leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  give_back_permit();
}

void Pool::give_back_permit() {
  if (!waiting_.empty()) {
    Waiting* first = waiting_.front();
    waiting_.pop_front();
    first->has_permit = true;
    first->granted.notify_one();
    return;
  }
  permits_.fetch_add(1, std::memory_order_relaxed);
  if (sleeping_ > 0 && open_job() != nullptr) wake_.notify_one();
}

Pool::Job::Job(const Stage& stage_, const Part& part_, int64_t lane_bytes_, int32_t shares_)
    : stage(stage_), part(part_), lane_bytes(lane_bytes_), shares_count(shares_), caller_cpu(sched_getcpu()) {
  int64_t from = 0;
  for (int32_t s = 0; s < shares_count; ++s) {
    const int64_t rest = stage.parts - from, end = from + rest / (shares_count - s);
    shares[s].next.store(from, std::memory_order_relaxed);
    shares[s].end = end;
    from = end;
  }
}

bool Pool::Job::has_parts() const {
  for (int32_t s = 0; s < shares_count; ++s) {
    if (shares[s].next.load(std::memory_order_relaxed) < shares[s].end) return true;
  }
  return false;
}

void Pool::run(const Stage& stage, const Part& part, int64_t lane_bytes) {
  const int64_t turns = (stage.parts + stage.grain - 1) / stage.grain;
  if (turns <= 1 || threads_ == 1) {
    Part own = part;
    for (own.index = 0; own.index < stage.parts; ++own.index) stage.run(own);
    return;
  }
  Job job(stage, part, lane_bytes, static_cast<int32_t>(std::min<int64_t>({turns, threads_, kMostShares})));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back(&job);
    published_.fetch_add(1, std::memory_order_release);
    /* Spinning workers see the count; sleeping ones are woken, as many as there is work and room for. */
    const int64_t wanted = std::min<int64_t>({turns - 1, permits_.load(std::memory_order_relaxed), sleeping_});
    for (int64_t i = 0; i < wanted; ++i) wake_.notify_one();
  }
  work_on(job, 0, 0);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
  }
  /* No one joins any more. Those inside are in their last turn. */
  for (int spin = 0; spin < kSpins && job.helpers.load(std::memory_order_acquire) != 0; ++spin) pause();
  if (job.helpers.load(std::memory_order_acquire) != 0) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (job.helpers.load(std::memory_order_acquire) != 0) done_.wait(lock);
  }
}

void Pool::work_on(Job& job, int32_t lane, int32_t worker) {
  Part part = job.part;
  part.lane += lane * job.lane_bytes;
  const Stage stage = job.stage;
  for (int32_t s = 0; s < job.shares_count; ++s) {
    Share& share = job.shares[(worker + s) % job.shares_count];
    const int64_t end = share.end;
    for (;;) {
      if (share.next.load(std::memory_order_relaxed) >= end) break;
      const int64_t first = share.next.fetch_add(stage.grain, std::memory_order_relaxed);
      if (first >= end) break;
      const int64_t last = std::min(first + stage.grain, end);
      for (part.index = first; part.index < last; ++part.index) stage.run(part);
    }
  }
}

Pool::Job* Pool::open_job() {
  if (permits_.load(std::memory_order_relaxed) == 0 || !waiting_.empty()) return nullptr;
  for (Job* job : jobs_) {
    if (job->has_parts()) return job;
  }
  return nullptr;
}

void* Pool::work_forever(void* pool) {
  Pool& own = *static_cast<Pool*>(pool);
  own.worker(own.started_.fetch_add(1) + 1);
  return nullptr;
}

void Pool::worker(int32_t index) {
  uint64_t moved = 0; /* when, so that a machine with too few cores is not asked all the time */
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    Job* job = open_job();
    if (job == nullptr) {
      const uint64_t seen = published_.load(std::memory_order_relaxed);
      lock.unlock();
      for (int spin = 0; spin < kSpins; ++spin) {
        /* Without a permit there is nothing to wait for awake: all cores have work. */
        if (published_.load(std::memory_order_acquire) != seen || permits_.load(std::memory_order_relaxed) == 0) break;
        pause();
      }
      lock.lock();
      if (!stopping_ && open_job() == nullptr) {
        ++sleeping_;
        wake_.wait(lock);
        --sleeping_;
      }
      continue;
    }
    if (sched_getcpu() == job->caller_cpu) {
      const uint64_t now = milliseconds();
      if (now != moved) {
        moved = now;
        const int cpu = job->caller_cpu;
        lock.unlock();
        leave_core(cpu);
        lock.lock();
        continue;
      }
    }
    permits_.fetch_sub(1, std::memory_order_relaxed);
    const int32_t lane = job->lanes++;
    job->helpers.fetch_add(1, std::memory_order_relaxed);
    lock.unlock();
    work_on(*job, lane, index);
    lock.lock();
    /* The last touch of the job: its caller may be gone with it the moment the count is 0. */
    if (job->helpers.fetch_sub(1, std::memory_order_acq_rel) == 1) done_.notify_all();
    give_back_permit();
  }
}

}  // namespace adjoint
