/* Threads and permits: see pool.h. */
#include "cpu/pool.h"

#include <algorithm>
#include <cstring>

#include "cpu/thread.h"
#include "runtime/error.h"
#include "runtime/stopwatch.h"

namespace adjoint {
namespace {

/* Longer than most gaps between two stages, and than a thread takes to be woken; far shorter than a blink. */
constexpr int64_t kSpinNanoseconds = 50'000;
/* A worker that has spun for nothing spins half as long the next time, down to this, until it has joined a job again:
 * under a quota of CPU time, what spins is taken from what works. */
constexpr int64_t kLeastSpinNanoseconds = 2'000;
constexpr int kSpinsAtOnce = 16; /* between two looks at the clock: a pause takes 5 to 50 ns */
constexpr int64_t kMoveNanoseconds = 1'000'000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/* Looks for a while, awake, whether something has come true. */
template <class Condition>
bool spin_until(int64_t patience, const Condition& is_true) {
  const int64_t until = nanoseconds() + patience;
  do {
    for (int spin = 0; spin < kSpinsAtOnce; ++spin) {
      if (is_true()) return true;
      pause();
    }
  } while (nanoseconds() < until);
  return false;
}

}  // namespace

Pool::Pool(int32_t threads) : threads_(threads), jobs_(new Job[static_cast<size_t>(threads)]), permits_(threads) {
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
    stopping_.store(true);
  }
  published_.fetch_add(1);
  wake_.notify_all();
  for (const pthread_t thread : workers_) pthread_join(thread, nullptr);
  workers_.clear();
}

void Pool::enter() {
  if (permits_.fetch_sub(1) > 0) return;
  std::unique_lock<std::mutex> lock(mutex_);
  if (granted_early_ > 0) {
    --granted_early_;
    return;
  }
  Waiting self;
  (last_waiting_ != nullptr ? last_waiting_->next : first_waiting_) = &self;
  last_waiting_ = &self;
  while (!self.has_permit) self.granted.wait(lock);
}

/* A permit that nobody waits for, if there is one. */
bool Pool::try_enter() {
  int32_t free = permits_.load(std::memory_order_relaxed);
  while (free > 0) {
    if (permits_.compare_exchange_weak(free, free - 1)) return true;
  }
  return false;
}

void Pool::leave() {
  if (permits_.fetch_add(1) < 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (first_waiting_ == nullptr) {
      ++granted_early_;
      return;
    }
    Waiting* const first = first_waiting_;
    first_waiting_ = first->next;
    if (first_waiting_ == nullptr) last_waiting_ = nullptr;
    first->has_permit = true;
    first->granted.notify_one();
  } else if (sleeping_.load() > 0 && open_job() != nullptr) {
    const std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_one();
  }
}

/* As many runs as there are permits have one each at most. */
Pool::Job& Pool::take_job() {
  for (int32_t i = 0;; i = i + 1 == threads_ ? 0 : i + 1) {
    uint32_t free = 0;
    if (jobs_[i].state.load(std::memory_order_relaxed) == free &&
        jobs_[i].state.compare_exchange_strong(free, Job::kTaken, std::memory_order_acquire)) {
      return jobs_[i];
    }
  }
}

void Pool::Job::open(const Stage& stage_, const Part& part_, int64_t lane_bytes_, int32_t shares_) {
  stage = &stage_;
  part = &part_;
  lane_bytes = lane_bytes_;
  shares_count = shares_;
  caller_cpu.store(sched_getcpu(), std::memory_order_relaxed);
  int64_t from = 0;
  for (int32_t s = 0; s < shares_count; ++s) {
    const int64_t rest = stage->parts - from, end = from + rest / (shares_count - s);
    shares[s].next.store(from, std::memory_order_relaxed);
    shares[s].end = end;
    from = end;
  }
  state.store(kTaken | kOpen, std::memory_order_seq_cst);
}

bool Pool::Job::join() {
  uint32_t now = state.load(std::memory_order_relaxed);
  while ((now & kOpen) != 0) {
    if (state.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void Pool::run(const Stage& stage, const Part& part, int64_t lane_bytes) {
  if (stage.parts <= stage.grain || threads_ == 1) {
    Part own = part;
    for (own.index = 0; own.index < stage.parts; ++own.index) stage.run(own);
    return;
  }
  const int64_t turns = (stage.parts + stage.grain - 1) / stage.grain;
  Job& job = take_job();
  job.open(stage, part, lane_bytes, static_cast<int32_t>(std::min<int64_t>({turns, threads_, kMostShares})));
  published_.fetch_add(1);
  /* Spinning workers see the count; sleeping ones are woken, as many as there is work and room for. */
  if (sleeping_.load() > 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const int64_t wanted = std::min<int64_t>({turns - 1, permits_.load(), sleeping_.load()});
    for (int64_t i = 0; i < wanted; ++i) wake_.notify_one();
  }
  work_on(job, 0);
  await_helpers(job);
  job.state.store(0, std::memory_order_release);
}

/* Lets no one join any more. Those inside are in their last turn. */
void Pool::await_helpers(Job& job) {
  job.state.fetch_and(~Job::kOpen);
  if (spin_until(kSpinNanoseconds, [&] { return !job.has_helpers(); })) return;
  std::unique_lock<std::mutex> lock(mutex_);
  job.state.fetch_or(Job::kAwaited);
  while (job.has_helpers()) done_.wait(lock);
}

/* A worker leaves where no parts are left: no other need come. */
void Pool::leave_job(Job& job) {
  uint32_t before = job.state.load(std::memory_order_relaxed);
  while (!job.state.compare_exchange_weak(before, (before & ~Job::kOpen) - 1, std::memory_order_acq_rel)) {
  }
  if ((before & Job::kAwaited) != 0 && (before & Job::kHelpers) == 1) {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_.notify_all();
  }
}

/* Thread 0 is the caller, the others are workers. */
void Pool::work_on(Job& job, int32_t thread) {
  Part part = *job.part;
  part.lane += thread * job.lane_bytes;
  const Stage stage = *job.stage;
  for (int32_t s = 0; s < job.shares_count; ++s) {
    Share& share = job.shares[(thread + s) % job.shares_count];
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

Pool::Job* Pool::open_job() const {
  if (permits_.load() <= 0) return nullptr;
  for (int32_t i = 0; i < threads_; ++i) {
    if (jobs_[i].is_open()) return &jobs_[i];
  }
  return nullptr;
}

void* Pool::work_forever(void* pool) {
  Pool& own = *static_cast<Pool*>(pool);
  own.worker(own.started_.fetch_add(1) + 1);
  return nullptr;
}

void Pool::worker(int32_t index) {
  Cores cores;
  int64_t patience = kSpinNanoseconds;
  int64_t moved = 0; /* when, so that a machine with too few cores is not asked all the time */
  while (!stopping_.load(std::memory_order_relaxed)) {
    const uint64_t seen = published_.load();
    Job* job = open_job();
    if (job == nullptr) {
      /* Without a permit there is nothing to wait for awake: all cores have work. */
      const bool stirs = spin_until(
          patience, [&] { return published_.load() != seen || permits_.load(std::memory_order_relaxed) <= 0; });
      if (!stirs) patience = std::max(patience / 2, kLeastSpinNanoseconds);
      if (published_.load() == seen) sleep(seen);
      continue;
    }
    const int cpu = sched_getcpu();
    if (cpu == job->caller_cpu.load(std::memory_order_relaxed)) {
      const int64_t now = nanoseconds();
      if (now - moved > kMoveNanoseconds) {
        moved = now;
        leave_core(cores, cpu);
        continue;
      }
    }
    if (!try_enter()) continue;
    if (job->join()) {
      patience = kSpinNanoseconds;
      work_on(*job, index);
      leave_job(*job);
    }
    leave();
  }
}

/* Until there is a job and a permit for it, unless one has been published since `seen`. */
void Pool::sleep(uint64_t seen) {
  std::unique_lock<std::mutex> lock(mutex_);
  sleeping_.fetch_add(1); /* whoever publishes a job or leaves from here on sees it */
  if (published_.load() == seen && open_job() == nullptr && !stopping_.load()) wake_.wait(lock);
  sleeping_.fetch_sub(1);
}

}  // namespace adjoint
