// The toy in plain C++, two ways: every column stored and every weight touched at each step
// ("dense"), or signal columns, one memorization weight a row and all weights behind one scale
// factor ("sparse"). And rows of twenty non-zeros in many columns, without memorization, visited in their order or
// shuffled ("rows", "shuffled-rows"), each asked for ahead of its visit.
//
//     c++ -std=c++17 -O3 -march=native -o toy toy.cpp
//     ./toy dense|sparse ROWS SIGNAL_COLUMNS EPOCHS
//     ./toy rows|shuffled-rows ROWS COLUMNS EPOCHS
//
// Logistic regression with an L2 penalty by single-row SGD, rows visited in a fresh random order
// every epoch: w <- (1 - eta lambda) w + eta y x / (1 + exp(y w.x)), gradient at the old weights.
// Rows are s ~ N(0, I) with a one in a column of their own; targets are sign(t.s), t a random unit
// vector. Prints one line: ns per step, mean training loss, norm of the weights and training accuracy.
// The clock runs from the end of the first epoch, shuffles included, data and other preparation left
// out.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

namespace {

constexpr double learning_rate = 0.05;
constexpr double weight_decay = 1e-3;
constexpr double decay = 1.0 - learning_rate * weight_decay;

// xoshiro256++ of Blackman and Vigna, which the loops written in Rust shuffle by as well.
class Xoshiro256pp {
public:
    using result_type = std::uint64_t;

    explicit Xoshiro256pp(std::uint64_t seed) {
        std::mt19937_64 words(seed);
        for (auto& word : state_) word = words();
    }

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return UINT64_MAX; }

    result_type operator()() {
        auto& [a, b, c, d] = state_;
        const std::uint64_t result = rotated(a + d, 23) + a;
        const std::uint64_t t = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = rotated(d, 45);
        return result;
    }

private:
    static std::uint64_t rotated(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

    std::uint64_t state_[4];
};

struct Data {
    std::size_t rows;
    std::size_t width;
    std::vector<double> signal;  // rows x width, row-major
    std::vector<double> targets;
};

Data draw(std::size_t rows, std::size_t width) {
    std::mt19937_64 rng(123);
    std::normal_distribution<double> normal;
    std::vector<double> teacher(width);
    for (auto& weight : teacher) weight = normal(rng);  // only the sign of a score counts
    Data data{rows, width, std::vector<double>(rows * width), std::vector<double>(rows)};
    for (std::size_t i = 0; i < rows; ++i) {
        double score = 0.0;
        for (std::size_t j = 0; j < width; ++j) {
            const double s = normal(rng);
            data.signal[i * width + j] = s;
            score += teacher[j] * s;
        }
        data.targets[i] = score >= 0.0 ? 1.0 : -1.0;
    }
    return data;
}

// eta times minus the loss's derivative at score z.
double step_at(double y, double z) { return learning_rate * y / (1.0 + std::exp(y * z)); }

class Dense {
public:
    explicit Dense(const Data& data)
        : data_(data),
          columns_(data.width + data.rows),
          matrix_(data.rows * columns_),
          weights_(columns_) {
        for (std::size_t i = 0; i < data.rows; ++i) {
            std::copy_n(&data.signal[i * data.width], data.width, &matrix_[i * columns_]);
            matrix_[i * columns_ + data.width + i] = 1.0;
        }
    }

    void epoch(const std::vector<std::uint32_t>& order) {
        for (const auto i : order) {
            const double* x = &matrix_[i * columns_];
            double* w = weights_.data();
            double z = 0.0;
            for (std::size_t j = 0; j < columns_; ++j) z += w[j] * x[j];
            const double step = step_at(data_.targets[i], z);
            for (std::size_t j = 0; j < columns_; ++j) w[j] = decay * w[j] + step * x[j];
        }
    }

    // Signal weights, then memorization weights.
    std::vector<double> weights() const { return weights_; }

private:
    const Data& data_;
    std::size_t columns_;
    std::vector<double> matrix_;
    std::vector<double> weights_;
};

class Sparse {
public:
    explicit Sparse(const Data& data) : data_(data), signal_(data.width), memorization_(data.rows) {}

    void epoch(const std::vector<std::uint32_t>& order) {
        const std::size_t width = data_.width;
        for (const auto i : order) {
            const double* x = &data_.signal[i * width];
            double z = memorization_[i];
            for (std::size_t j = 0; j < width; ++j) z += signal_[j] * x[j];
            const double rise = step_at(data_.targets[i], z * scale_);
            scale_ *= decay;
            if (scale_ < 1e-9) fold();
            const double step = rise / scale_;
            for (std::size_t j = 0; j < width; ++j) signal_[j] += step * x[j];
            memorization_[i] += step;
        }
    }

    std::vector<double> weights() const {
        std::vector<double> all(signal_);
        all.insert(all.end(), memorization_.begin(), memorization_.end());
        for (auto& weight : all) weight *= scale_;
        return all;
    }

private:
    void fold() {
        for (auto& weight : signal_) weight *= scale_;
        for (auto& weight : memorization_) weight *= scale_;
        scale_ = 1.0;
    }

    const Data& data_;
    double scale_ = 1.0;
    std::vector<double> signal_;
    std::vector<double> memorization_;
};

// Nanoseconds of so many epochs after the first, shuffles included.
template <class Model>
double time_of(Model& model, std::size_t rows, long epochs, bool shuffles) {
    using Clock = std::chrono::steady_clock;
    Xoshiro256pp rng(1);
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0u);
    Clock::time_point start;
    for (long epoch = 0; epoch <= epochs; ++epoch) {
        if (shuffles) std::shuffle(order.begin(), order.end(), rng);
        model.epoch(order);
        if (epoch == 0) start = Clock::now();
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

// Rows of nothing but a few non-zeros in many columns.
class SparseRows {
public:
    static constexpr std::size_t per_row = 20;

    SparseRows(std::size_t rows, std::size_t columns)
        : starts_(rows + 1), columns_(rows * per_row), values_(rows * per_row), targets_(rows),
          weights_(columns) {
        std::mt19937_64 rng(123);
        const std::size_t part = columns / per_row;
        for (std::size_t i = 0; i <= rows; ++i) starts_[i] = i * per_row;
        for (std::size_t k = 0; k < columns_.size(); ++k) {
            columns_[k] = static_cast<std::uint32_t>(k % per_row * part + rng() % part);
            values_[k] = static_cast<double>(rng() % 1024) / 1024.0 - 0.5;
        }
        for (auto& target : targets_) target = rng() % 2 ? 1.0 : -1.0;
    }

    void epoch(const std::vector<std::uint32_t>& order) {
        const std::size_t rows = order.size();
        for (std::size_t t = 0; t < rows; ++t) {
            // First the places of a row, then, nearer to its visit, the row itself.
            if (t + 2 * ahead < rows) {
                const auto i = order[t + 2 * ahead];
                __builtin_prefetch(&starts_[i]);
                __builtin_prefetch(&targets_[i]);
            }
            if (t + ahead < rows) {
                const auto i = order[t + ahead];
                prefetch(&columns_[starts_[i]], &columns_[starts_[i + 1]]);
                prefetch(&values_[starts_[i]], &values_[starts_[i + 1]]);
            }
            step(order[t]);
        }
    }

    double weight_norm() const {
        const double squared =
            std::inner_product(weights_.begin(), weights_.end(), weights_.begin(), 0.0);
        return scale_ * std::sqrt(squared);
    }

private:
    static constexpr std::size_t ahead = 8;

    template <class T>
    static void prefetch(const T* begin, const T* end) {
        const char* from = reinterpret_cast<const char*>(begin);
        const char* last = reinterpret_cast<const char*>(end) - 1;
        for (; from < last; from += 64) __builtin_prefetch(from);
        __builtin_prefetch(last);
    }

    void step(std::uint32_t i) {
        const std::size_t begin = starts_[i];
        const std::size_t end = starts_[i + 1];
        const std::uint32_t* column = columns_.data();
        const double* value = values_.data();
        double* weight = weights_.data();
        // Four sums by hand: left to itself, the compiler gathers weights by one slow instruction.
        double z0 = 0.0, z1 = 0.0, z2 = 0.0, z3 = 0.0;
        std::size_t k = begin;
        for (; k + 4 <= end; k += 4) {
            z0 += weight[column[k]] * value[k];
            z1 += weight[column[k + 1]] * value[k + 1];
            z2 += weight[column[k + 2]] * value[k + 2];
            z3 += weight[column[k + 3]] * value[k + 3];
        }
        for (; k < end; ++k) z0 += weight[column[k]] * value[k];
        const double score = (z0 + z2) + (z1 + z3);
        const double rise = step_at(targets_[i], score * scale_);
        scale_ *= decay;
        if (scale_ < 1e-9) {
            for (auto& weight : weights_) weight *= scale_;
            scale_ = 1.0;
        }
        const double step = rise / scale_;
        for (k = begin; k < end; ++k) weight[column[k]] += step * value[k];
    }

    std::vector<std::size_t> starts_;
    std::vector<std::uint32_t> columns_;
    std::vector<double> values_;
    std::vector<double> targets_;
    std::vector<double> weights_;
    double scale_ = 1.0;
};

template <class Model>
void run(const Data& data, long epochs) {
    Model model(data);
    const double elapsed = time_of(model, data.rows, epochs, true);

    const std::vector<double> w = model.weights();
    double loss = 0.0;
    double right = 0.0;
    for (std::size_t i = 0; i < data.rows; ++i) {
        double z = w[data.width + i];
        for (std::size_t j = 0; j < data.width; ++j) z += w[j] * data.signal[i * data.width + j];
        loss += std::log1p(std::exp(-data.targets[i] * z));
        right += data.targets[i] * z > 0.0;
    }
    const double squared = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
    std::printf("ns_per_step %.4f train_loss %.6f weight_norm %.6f train_accuracy %.6f\n",
                elapsed / (static_cast<double>(epochs) * data.rows), loss / data.rows,
                std::sqrt(squared), right / data.rows);
}

void run_rows(std::size_t rows, std::size_t columns, long epochs, bool shuffles) {
    SparseRows model(rows, columns);
    const double elapsed = time_of(model, rows, epochs, shuffles);
    std::printf("ns_per_step %.4f weight_norm %.6f\n",
                elapsed / (static_cast<double>(epochs) * rows), model.weight_norm());
}

}  // namespace

int main(int argc, char** argv) {
    const bool dense = argc == 5 && std::strcmp(argv[1], "dense") == 0;
    const bool sparse = argc == 5 && std::strcmp(argv[1], "sparse") == 0;
    const bool in_order = argc == 5 && std::strcmp(argv[1], "rows") == 0;
    const bool shuffled = argc == 5 && std::strcmp(argv[1], "shuffled-rows") == 0;
    const long rows = argc == 5 ? std::atol(argv[2]) : 0;
    const long width = argc == 5 ? std::atol(argv[3]) : 0;
    const long epochs = argc == 5 ? std::atol(argv[4]) : 0;
    const bool known = dense || sparse || in_order || shuffled;
    if (!known || rows < 1 || width < (in_order || shuffled ? 20 : 1) || epochs < 1) {
        std::fprintf(stderr, "usage: toy dense|sparse|rows|shuffled-rows ROWS COLUMNS EPOCHS\n");
        return 2;
    }
    if (in_order || shuffled) {
        run_rows(static_cast<std::size_t>(rows), static_cast<std::size_t>(width), epochs, shuffled);
        return 0;
    }
    const Data data = draw(static_cast<std::size_t>(rows), static_cast<std::size_t>(width));
    if (dense) {
        run<Dense>(data, epochs);
    } else {
        run<Sparse>(data, epochs);
    }
}
